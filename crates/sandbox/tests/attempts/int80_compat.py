# control: open
from attempt import *


def int80_compat(): r=subprocess.run([HD+'/helper','int80'],capture_output=True); need(r.returncode==0,'rc=%d'%r.returncode); return 1


run(int80_compat)
