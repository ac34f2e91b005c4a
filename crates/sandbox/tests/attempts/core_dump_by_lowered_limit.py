from attempt import *


def core_dump_by_lowered_limit():
    os.chdir(RW)
    p = os.fork()
    if p == 0:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        need(hard == resource.RLIM_INFINITY or hard > 4096)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(1)
    need(os.WCOREDUMP(os.waitpid(p, 0)[1]), 'no core')
    return 1


run(core_dump_by_lowered_limit)
