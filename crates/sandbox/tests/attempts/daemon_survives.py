# judged: outside
# control: open
from attempt import *


def daemon_survives():
    # Both ends close when a program is executed: the read below ends when the daemon runs.
    running,starting=os.pipe()
    p=os.fork()
    if p==0:
        os.setsid()
        if os.fork(): os._exit(0)
        signal.signal(signal.SIGTERM,signal.SIG_IGN); signal.signal(signal.SIGHUP,signal.SIG_IGN)
        for f in(0,1,2): 
            os.close(f); os.open('/dev/null',os.O_RDWR)
        os.execvp('python3',['mcp_daemon_marker','-c','import time;time.sleep(60)#mcp_daemon_marker'])
    os.close(starting); os.waitpid(p,0); os.read(running,1); return 'spawned (host check separately)'


run(daemon_survives)
