# control: open
from attempt import *


def exec_dropped_elf_tmp():
    d=os.environ.get('TMPDIR','/tmp'); p=d+'/drop'; open(p,'wb').write(rd(HD+'/helper',10**7)); os.chmod(p,0o755); r=subprocess.run([p,'hi']); need(r.returncode==0); return 1


run(exec_dropped_elf_tmp)
