from attempt import *


def rename_out_of_granted_directory():
    p = RW + '/x'
    open(p, 'w').close()
    os.rename(p, H + '/x')
    return 1


run(rename_out_of_granted_directory)
