from attempt import *


def chmod_own_package():
    os.chmod(HD + '/pkg/server.py', 0o777)
    return 1


run(chmod_own_package)
