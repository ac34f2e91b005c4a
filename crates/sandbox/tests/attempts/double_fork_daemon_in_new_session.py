# judged: outside
from attempt import *


def double_fork_daemon_in_new_session():
    # Both ends close when a program is executed: the read below ends when the daemon runs.
    running, starting = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for fd in (0, 1, 2):
            os.close(fd)
            os.open('/dev/null', os.O_RDWR)
        os.execvp('python3', ['mcp_daemon_marker', '-c', 'import time;time.sleep(60)#mcp_daemon_marker'])
    os.close(starting)
    os.wait()
    os.read(running, 1)
    return 'spawned' 


run(double_fork_daemon_in_new_session)
