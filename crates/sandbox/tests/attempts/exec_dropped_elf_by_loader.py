from attempt import *


def exec_dropped_elf_by_loader():
    p = os.environ.get('TMPDIR', '/tmp') + '/drop.so'
    open(p, 'wb').write(rd('/bin/true', 10**7))
    need(subprocess.run(['/lib64/ld-linux-x86-64.so.2', p], capture_output=True).returncode == 0)
    return 1


run(exec_dropped_elf_by_loader)
