# control: open
from attempt import *


def kill_victim(): os.kill(V,0); need(open(f'/proc/{V}/cmdline').read().find('victim')>=0 if os.path.exists(f'/proc/{V}/cmdline') else False,'not the victim'); return 1


run(kill_victim)
