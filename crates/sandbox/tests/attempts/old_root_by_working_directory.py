from attempt import *


def old_root_by_working_directory():
    os.chdir('..')
    os.chdir('../../../../..')
    need(os.path.exists('boot') or os.path.exists('root') or os.path.exists('srv'), os.getcwd())
    return os.getcwd()


run(old_root_by_working_directory)
