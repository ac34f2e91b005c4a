# control: open
from attempt import *


def tamper_own_package():
    with open(HD+'/pkg/server.py','a') as f: f.write('#x\n')
    return 1


run(tamper_own_package)
