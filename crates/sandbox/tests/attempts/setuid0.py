from attempt import *


def setuid0(): 
    os.setuid(0); return 1


run(setuid0)
