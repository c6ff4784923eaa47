# R7. A node needs a snapshot, and the newest one of the leader has rotted on its disk. The leader
# reads the file before it offers it, finds the damage, and sends the one before it. So nobody is
# locked out, and no damaged byte travels.

nodes 3 snapshot-every=3 snapshot-tail=6 snapshots-kept=2
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
isolate 3
set 1 key0 a 300
       0.106  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (300 bytes)
set 1 key1 b 300
       0.106  node 1  is asked (2): SET key1 bbbbbbbbbbbb... (300 bytes)
set 1 key2 c 300
       0.106  node 1  is asked (3): SET key2 cccccccccccc... (300 bytes)
set 1 key3 d 300
       0.106  node 1  is asked (4): SET key3 dddddddddddd... (300 bytes)
run 50
       0.110  node 1  commits up to 6
       0.110  node 1  answers (1): done, index 3
       0.110  node 1  answers (2): done, index 4
       0.110  node 1  answers (3): done, index 5
       0.110  node 1  answers (4): done, index 6
       0.110  world   request 1 done: OK
       0.110  world   request 2 done: OK
       0.110  world   request 3 done: OK
       0.110  world   request 4 done: OK
       0.112  node 1  has saved a snapshot of index 6
set 1 key4 e 300
       0.156  node 1  is asked (5): SET key4 eeeeeeeeeeee... (300 bytes)
set 1 key5 f 300
       0.156  node 1  is asked (6): SET key5 ffffffffffff... (300 bytes)
set 1 key6 g 300
       0.156  node 1  is asked (7): SET key6 gggggggggggg... (300 bytes)
set 1 key7 h 300
       0.156  node 1  is asked (8): SET key7 hhhhhhhhhhhh... (300 bytes)
run 50
       0.159  node 2  has saved a snapshot of index 6
       0.159  node 1  commits up to 10
       0.159  node 1  answers (5): done, index 7
       0.159  node 1  answers (6): done, index 8
       0.159  node 1  answers (7): done, index 9
       0.159  node 1  answers (8): done, index 10
       0.159  world   request 5 done: OK
       0.159  world   request 6 done: OK
       0.159  world   request 7 done: OK
       0.159  world   request 8 done: OK
       0.161  node 1  has saved a snapshot of index 10
set 1 key0 i 300
       0.206  node 1  is asked (9): SET key0 iiiiiiiiiiii... (300 bytes)
set 1 key1 j 300
       0.206  node 1  is asked (10): SET key1 jjjjjjjjjjjj... (300 bytes)
set 1 key2 k 300
       0.206  node 1  is asked (11): SET key2 kkkkkkkkkkkk... (300 bytes)
set 1 key3 l 300
       0.206  node 1  is asked (12): SET key3 llllllllllll... (300 bytes)
run 100
       0.209  node 2  has saved a snapshot of index 10
       0.210  node 1  commits up to 14
       0.210  node 1  answers (9): done, index 11
       0.210  node 1  answers (10): done, index 12
       0.210  node 1  answers (11): done, index 13
       0.210  node 1  answers (12): done, index 14
       0.210  world   request 9 done: OK
       0.210  world   request 10 done: OK
       0.210  world   request 11 done: OK
       0.210  world   request 12 done: OK
       0.213  node 1  has saved a snapshot of index 14
       0.259  node 2  has saved a snapshot of index 14
rot 1
       0.306  node 1  its snapshot of index 14 rots at offset 2524
heal
run 3000
       0.360  node 1  node 3 needs a snapshot
       0.361  node 1  has found its snapshot of index 14 damaged
       0.362  node 1  has saved a snapshot of index 14
       0.374  node 3  has received the snapshot of index 10 from node 1
       0.374  node 3  is follower in term 2, leader 1, log up to 10, committed 10
       0.374  node 3  installs the snapshot of index 10
       0.379  node 3  has saved a snapshot of index 14
status
       3.306  node 1  leader in term 2, log up to 14 of term 2, on disk 14, committed 14
       3.306  node 2  follower in term 2, log up to 14 of term 2, on disk 14, committed 14
       3.306  node 3  follower in term 2, log up to 14 of term 2, on disk 14, committed 14
get 3 key3
       3.306  node 3  is asked (13): GET key3
run 20
       3.311  node 3  answers (13): done, index 14
       3.311  world   request 13 done: llll... (300 bytes)
