# control: open
from attempt import *


def any_proc_has_secret():
    for p in os.listdir('/proc'):
        if p.isdigit():
            for f in('environ','cmdline'):
                try:
                    if b'topsecret_'+b'value' in rd(f'/proc/{p}/{f}',65536): return p+'/'+f
                except OSError: pass
    raise Blk('not found')


run(any_proc_has_secret)
