# R4. The disk of one follower is full. The other two go on. The full one hears its leader and stays
# a follower, takes no entries, is not sent the same entries again and again, and gets them when its
# disk has room again.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
room 2 none
run 300
       0.256  node 2  is told that room is low
       0.261  node 2  has saved a snapshot of index 2
set 1 key0 a
       0.556  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b
       0.556  node 1  is asked (2): SET key1 b (1 bytes)
run 100
       0.559  node 1  commits up to 4
       0.559  node 1  answers (1): done, index 3
       0.559  node 1  answers (2): done, index 4
       0.559  world   request 1 done: OK
       0.559  world   request 2 done: OK
peers 1
       0.656  node 1  node 2: follows, has 2, next is 3, promises 0 of 1000 ms, its disk is full
       0.656  node 1  node 3: follows, has 4, next is 5, promises 0 of 1000 ms
messages on
run 200
       0.657  node 2  to 1, term 2: have up to 2
       0.657  node 3  to 1, term 2: have up to 4
       0.756  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 4
       0.756  node 1  to 3, term 2: append 0 after 4 of term 2, committed is 4
       0.757  node 2  to 1, term 2: have up to 2
       0.757  node 3  to 1, term 2: have up to 4
       0.856  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 4
       0.856  node 1  to 3, term 2: append 0 after 4 of term 2, committed is 4
messages off
set 1 key2 c
       0.856  node 1  is asked (3): SET key2 c (1 bytes)
run 3000
       0.859  node 1  commits up to 5
       0.859  node 1  answers (3): done, index 5
       0.859  world   request 3 done: OK
status
       3.856  node 1  leader in term 2, log up to 5 of term 2, on disk 5, committed 5
       3.856  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.856  node 3  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
room 2 enough
run 300
       3.856  node 2  has room again
status
       4.156  node 1  leader in term 2, log up to 5 of term 2, on disk 5, committed 5
       4.156  node 2  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       4.156  node 3  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
