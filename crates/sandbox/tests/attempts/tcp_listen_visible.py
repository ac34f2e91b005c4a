from attempt import *


def tcp_listen_visible():
    s=socket.socket(); s.bind(('0.0.0.0',18999)); s.listen(); open(RW+'/listening','w').write('1'); time.sleep(1.5); 
    need(os.path.exists(RW+'/host_connected'),'host could not reach'); return 1


run(tcp_listen_visible)
