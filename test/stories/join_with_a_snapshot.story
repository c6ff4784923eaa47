# A node joins a cluster whose log no longer reaches back to the beginning: it gets a snapshot, then
# the entries after it, and becomes a voter.

nodes 3 snapshot-every=10 snapshot-tail=2
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b
       0.056  node 1  is asked (2): SET key1 b (1 bytes)
set 1 key2 c
       0.056  node 1  is asked (3): SET key2 c (1 bytes)
run 20
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.062  node 1  commits up to 5
       0.062  node 1  answers (1): done, index 3
       0.062  node 1  answers (2): done, index 4
       0.062  node 1  answers (3): done, index 5
       0.062  world   request 1 done: OK
       0.062  world   request 2 done: OK
       0.062  world   request 3 done: OK
set 1 key3 d
       0.076  node 1  is asked (4): SET key3 d (1 bytes)
set 1 key4 e
       0.076  node 1  is asked (5): SET key4 e (1 bytes)
set 1 key5 f
       0.076  node 1  is asked (6): SET key5 f (1 bytes)
run 20
       0.079  node 1  commits up to 8
       0.079  node 1  answers (4): done, index 6
       0.079  node 1  answers (5): done, index 7
       0.079  node 1  answers (6): done, index 8
       0.079  world   request 4 done: OK
       0.079  world   request 5 done: OK
       0.079  world   request 6 done: OK
set 1 key6 g
       0.096  node 1  is asked (7): SET key6 g (1 bytes)
set 1 key7 h
       0.096  node 1  is asked (8): SET key7 h (1 bytes)
set 1 key0 i
       0.096  node 1  is asked (9): SET key0 i (1 bytes)
set 1 key1 j
       0.096  node 1  is asked (10): SET key1 j (1 bytes)
run 50
       0.099  node 1  commits up to 12
       0.099  node 1  answers (7): done, index 9
       0.099  node 1  answers (8): done, index 10
       0.099  node 1  answers (9): done, index 11
       0.099  node 1  answers (10): done, index 12
       0.099  world   request 7 done: OK
       0.099  world   request 8 done: OK
       0.099  world   request 9 done: OK
       0.099  world   request 10 done: OK
       0.103  node 1  has saved a snapshot of index 12
join 4
       0.146  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 add 4
run 3000
       0.146  node 1  is leader in term 2, leader 1, log up to 13, committed 12
       0.147  node 2  is follower in term 2, leader 1, log up to 13, committed 12
       0.147  node 3  is follower in term 2, leader 1, log up to 13, committed 12
       0.149  node 1  commits up to 13
       0.149  node 1  answers the operator: done
       0.150  node 2  has saved a snapshot of index 12
       0.151  node 3  has saved a snapshot of index 12
       0.163  node 1  is leader in term 2, leader 1, log up to 14, committed 13
       0.164  node 3  is follower in term 2, leader 1, log up to 14, committed 13
       0.164  node 4  is learner in term 2, leader 1, log up to 0, committed 0
       0.164  node 2  is follower in term 2, leader 1, log up to 14, committed 13
       0.166  node 1  commits up to 14
       0.166  node 1  node 4 needs a snapshot
       0.181  node 4  has received the snapshot of index 12 from node 1
       0.181  node 4  is learner in term 2, leader 1, log up to 12, committed 12
       0.181  node 4  installs the snapshot of index 12
       0.184  node 4  is learner in term 2, leader 1, log up to 14, committed 14
       0.358  node 1  is leader in term 2, leader 1, log up to 15, committed 14
       0.359  node 2  is follower in term 2, leader 1, log up to 15, committed 14
       0.359  node 3  is follower in term 2, leader 1, log up to 15, committed 14
       0.359  node 4  is follower in term 2, leader 1, log up to 15, committed 14
       0.361  node 1  is leader in term 2, leader 1, log up to 16, committed 15
       0.361  node 1  commits up to 15
       0.362  node 4  is follower in term 2, leader 1, log up to 16, committed 15
       0.362  node 3  is follower in term 2, leader 1, log up to 16, committed 15
       0.362  node 2  is follower in term 2, leader 1, log up to 16, committed 15
       0.365  node 1  commits up to 16
status
       3.146  node 1  leader in term 2, log up to 16 of term 2, on disk 16, committed 16
       3.146  node 2  follower in term 2, log up to 16 of term 2, on disk 16, committed 16
       3.146  node 3  follower in term 2, log up to 16 of term 2, on disk 16, committed 16
       3.146  node 4  follower in term 2, log up to 16 of term 2, on disk 16, committed 16
get 4 key0
       3.146  node 4  is asked (11): GET key0
run 30
       3.151  node 4  answers (11): done, index 16
       3.151  world   request 11 done: i
