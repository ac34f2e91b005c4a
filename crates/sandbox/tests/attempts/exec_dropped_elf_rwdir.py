# control: open
from attempt import *


def exec_dropped_elf_rwdir():
    p = RW + '/drop'
    open(p, 'wb').write(rd(HD + '/helper', 10**7))
    os.chmod(p, 0o755)
    need(subprocess.run([p, 'hi']).returncode == 0)
    return 1


run(exec_dropped_elf_rwdir)
