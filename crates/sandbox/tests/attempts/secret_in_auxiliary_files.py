from attempt import *


def secret_in_auxiliary_files():
    for root in ('/proc/self', '/proc/1', '/proc/thread-self'):
        for f in ('environ', 'cmdline', 'comm', 'mountinfo', 'cgroup', 'stack'):
            try:
                if b'topsecret_' + b'value' in rd(f'{root}/{f}', 65536):
                    return root + '/' + f
            except OSError:
                pass
    raise Blk('none')


run(secret_in_auxiliary_files)
