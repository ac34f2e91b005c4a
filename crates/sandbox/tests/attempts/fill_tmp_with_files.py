from attempt import *


def fill_tmp_with_files():
    d = os.environ.get('TMPDIR', '/tmp') + '/many'
    os.makedirs(d, exist_ok=True)
    for n in range(60000):
        os.close(os.open(f'{d}/{n}', os.O_CREAT | os.O_WRONLY))
    return n


run(fill_tmp_with_files)
