from attempt import *


def fork_bomb_1500():
    pids=[]
    try:
        for i in range(1500):
            p=os.fork()
            if p==0: time.sleep(20); os._exit(0)
            pids.append(p)
    except OSError as e: 
        n=len(pids); [os.kill(p,9) for p in pids]; [os.waitpid(p,0) for p in pids]; raise Blk(f'{errno.errorcode[e.errno]} at {n}')
    [os.kill(p,9) for p in pids]; [os.waitpid(p,0) for p in pids]; return len(pids)


run(fork_bomb_1500)
