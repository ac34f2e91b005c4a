# control: open
from attempt import *


def map_dropped_file_executable():
    p = os.environ.get('TMPDIR', '/tmp') + '/code'
    open(p, 'wb').write(b'\xc3' * 4096)
    f = os.open(p, os.O_RDWR)
    mmap.mmap(f, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
    return 1


run(map_dropped_file_executable)
