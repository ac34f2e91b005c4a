# control: open
from attempt import *


def list_rootfs_etc(): 
    l=os.listdir('/etc'); need(len(l)>60,len(l)); return len(l)


run(list_rootfs_etc)
