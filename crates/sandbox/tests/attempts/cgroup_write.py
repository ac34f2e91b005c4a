from attempt import *


def cgroup_write():
    for r,d,f in os.walk('/sys/fs/cgroup'):
        try: os.mkdir(r+'/esc'); os.rmdir(r+'/esc'); return r
        except OSError as e: pass
        if r.count('/')>6: break
    raise Blk('none')


run(cgroup_write)
