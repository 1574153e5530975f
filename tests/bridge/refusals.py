from bridge import *
