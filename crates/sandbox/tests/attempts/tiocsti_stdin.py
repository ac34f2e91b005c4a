from attempt import *


def tiocsti_stdin(): r=subprocess.run([HD+'/helper','tiocsti'],stdin=0,capture_output=True); need(r.returncode==0,r.stdout.decode().strip()); return 1


run(tiocsti_stdin)
