from attempt import *


def mem_4gib():
    m=[]
    try:
        for i in range(16):
            x=mmap.mmap(-1,256<<20); 
            for o in range(0,256<<20,4096): x[o]=1
            m.append(x)
    except (MemoryError,OSError) as e: raise Blk(f'{e} at {len(m)*256}MiB')
    return '4GiB'


run(mem_4gib)
