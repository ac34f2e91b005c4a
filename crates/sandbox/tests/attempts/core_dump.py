from attempt import *


def core_dump():
    os.chdir(RW); p=os.fork()
    if p==0:
        signal.signal(signal.SIGSEGV,signal.SIG_DFL); resource.setrlimit(resource.RLIMIT_CORE,(resource.getrlimit(resource.RLIMIT_CORE)[1],)*2); os.kill(os.getpid(),signal.SIGSEGV); time.sleep(1)
    s=os.waitpid(p,0)[1]; need(os.WCOREDUMP(s),'no core'); return 1


run(core_dump)
