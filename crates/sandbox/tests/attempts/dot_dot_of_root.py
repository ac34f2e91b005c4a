from attempt import *


def dot_dot_of_root():
    here = set(os.listdir('/'))
    above = set(os.listdir('/..')) | set(os.listdir('/../..')) | set(os.listdir('/proc/self/root/..'))
    need(above - here or os.path.exists('/root') or os.path.exists('/boot'), 'the same')
    return 1


run(dot_dot_of_root)
