from attempt import *


def openat2_creates_set_user_id():
    how = ctypes.create_string_buffer(struct.pack('QQQ', os.O_CREAT | os.O_WRONLY, 0o4755, 0))
    fd = scok(437, -100, (RW + '/suid4').encode(), how, 24)
    need(os.fstat(fd).st_mode & 0o6000, 'bit not set')
    return fd


run(openat2_creates_set_user_id)
