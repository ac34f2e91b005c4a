# judged: outside
# control: open
from attempt import *


def posix_shm_host_visible():
    open('/dev/shm/mcp_esc','w').write('x'); return 'created (host check separately)'


run(posix_shm_host_visible)
