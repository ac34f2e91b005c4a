"""What every attempt has at hand. An attempt is one file: a function that really tries, and returns when it succeeded.

It raises when it was stopped. The harness takes its last line; a first line `# judged: outside` means that only what the
outside sees afterwards counts.
"""
import os, sys, ctypes, socket, struct, errno, time, signal, mmap, fcntl, json, subprocess, resource, threading

L = ctypes.CDLL(None, use_errno=True)
H = os.environ.get('REALHOME', '/home/victim')
V = int(os.environ.get('VICTIM', '1'))
RW = os.environ.get('RWDIR', '/tmp')
HD = os.path.dirname(os.path.abspath(__file__))
PP = os.getppid()


class Blk(Exception):
    pass


def sc(n, *a):
    r = L.syscall(ctypes.c_long(n), *[ctypes.c_void_p(x) if isinstance(x, int) else x for x in a])
    return r, ctypes.get_errno()


def scok(n, *a):
    r, e = sc(n, *a)
    if r < 0:
        raise Blk(errno.errorcode.get(e, str(e)))
    return r


def rd(p, n=64):
    with open(p, 'rb') as f:
        return f.read(n)


def need(c, m=''):
    if not c:
        raise Blk(m)


def tcp(h, p, t=3, proto=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto)
    s.settimeout(t)
    s.connect((h, p))
    return 1


def helper(*a, **k):
    r = subprocess.run([HD + '/helper', *a], capture_output=True, **k)
    need(r.returncode == 0, 'rc=%d %s' % (r.returncode, r.stdout.decode().strip()))
    return 1


def fill(d, tot=600 << 20):
    p = d + '/fill'
    b = b'\1' * (1 << 20)
    n = 0
    try:
        with open(p, 'wb') as f:
            for i in range(tot >> 20):
                f.write(b)
                n += 1
    except OSError as e:
        if os.path.exists(p):
            os.unlink(p)
        raise Blk(f'{errno.errorcode[e.errno]} at {n}MiB')
    os.unlink(p)
    return f'{n}MiB'


def run(f):
    print('READY', flush=True)
    signal.alarm(45)
    try:
        m = 'OPEN\t' + str(f())[:60]
    except Blk as e:
        m = 'blocked\t' + str(e)[:60]
    except OSError as e:
        m = 'blocked\t' + errno.errorcode.get(e.errno, str(e))
    except BaseException as e:
        m = 'blocked\t' + type(e).__name__ + ':' + str(e)[:50]
    print(m.replace('\n', ' '), flush=True)
