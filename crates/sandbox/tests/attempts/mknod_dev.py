from attempt import *


def mknod_dev():
    os.mknod(RW+'/memdev',0o20600,os.makedev(1,1)); return 1


run(mknod_dev)
