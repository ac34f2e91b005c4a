from attempt import *


def open_dev_kmsg_or_fuse_or_kvm_or_tun():
    e=[]
    for d in('/dev/kmsg','/dev/fuse','/dev/kvm','/dev/net/tun','/dev/vda','/dev/mem'):
        try: os.close(os.open(d,os.O_RDWR)); return d
        except OSError as x:
            try: os.close(os.open(d,os.O_RDONLY)); return d
            except OSError as x2: e.append(errno.errorcode[x2.errno])
    raise Blk(','.join(sorted(set(e))))


run(open_dev_kmsg_or_fuse_or_kvm_or_tun)
