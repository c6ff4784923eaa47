# R13. The state is large and the writes are small. A snapshot is due after four entries, but it is
# not worth its price: it is saved when the log has also grown by a quarter of the state.

nodes 1 snapshot-every=4 snapshot-tail=0
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.001  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       0.002  node 1  commits up to 2
elect 1
set 1 key0 a 20000
       0.050  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (20000 bytes)
run 50
       0.051  node 1  commits up to 3
       0.051  node 1  answers (1): done, index 3
       0.051  world   request 1 done: OK
set 1 key1 b
       0.100  node 1  is asked (2): SET key1 b (1 bytes)
set 1 key1 c
       0.100  node 1  is asked (3): SET key1 c (1 bytes)
set 1 key1 d
       0.100  node 1  is asked (4): SET key1 d (1 bytes)
set 1 key1 e
       0.100  node 1  is asked (5): SET key1 e (1 bytes)
set 1 key1 f
       0.100  node 1  is asked (6): SET key1 f (1 bytes)
set 1 key1 g
       0.100  node 1  is asked (7): SET key1 g (1 bytes)
run 50
       0.101  node 1  commits up to 9
       0.101  node 1  answers (2): done, index 4
       0.101  node 1  answers (3): done, index 5
       0.101  node 1  answers (4): done, index 6
       0.101  node 1  answers (5): done, index 7
       0.101  node 1  answers (6): done, index 8
       0.101  node 1  answers (7): done, index 9
       0.101  world   request 2 done: OK
       0.101  world   request 3 done: OK
       0.101  world   request 4 done: OK
       0.101  world   request 5 done: OK
       0.101  world   request 6 done: OK
       0.101  world   request 7 done: OK
       0.101  node 1  has saved a snapshot of index 9
set 1 key2 h
       0.150  node 1  is asked (8): SET key2 h (1 bytes)
set 1 key2 i
       0.150  node 1  is asked (9): SET key2 i (1 bytes)
set 1 key2 j
       0.150  node 1  is asked (10): SET key2 j (1 bytes)
set 1 key2 k
       0.150  node 1  is asked (11): SET key2 k (1 bytes)
set 1 key2 l
       0.150  node 1  is asked (12): SET key2 l (1 bytes)
set 1 key2 m
       0.150  node 1  is asked (13): SET key2 m (1 bytes)
run 50
       0.151  node 1  commits up to 15
       0.151  node 1  answers (8): done, index 10
       0.151  node 1  answers (9): done, index 11
       0.151  node 1  answers (10): done, index 12
       0.151  node 1  answers (11): done, index 13
       0.151  node 1  answers (12): done, index 14
       0.151  node 1  answers (13): done, index 15
       0.151  world   request 8 done: OK
       0.151  world   request 9 done: OK
       0.151  world   request 10 done: OK
       0.151  world   request 11 done: OK
       0.151  world   request 12 done: OK
       0.151  world   request 13 done: OK
set 1 key3 n 3000
       0.200  node 1  is asked (14): SET key3 nnnnnnnnnnnn... (3000 bytes)
run 50
       0.201  node 1  commits up to 16
       0.201  node 1  answers (14): done, index 16
       0.201  world   request 14 done: OK
set 1 key3 o 3000
       0.250  node 1  is asked (15): SET key3 oooooooooooo... (3000 bytes)
run 50
       0.251  node 1  commits up to 17
       0.251  node 1  answers (15): done, index 17
       0.251  world   request 15 done: OK
       0.251  node 1  has saved a snapshot of index 17
