# R9. All members apply the same entries, but they do not all save a snapshot at the same moment:
# each has a limit of its own, up to an eighth larger.

nodes 3 snapshot-every=16 snapshot-tail=0
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
incr 1 key0
       0.106  node 1  is asked (1): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (2): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (3): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (4): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (5): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (6): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (7): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (8): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (9): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (10): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (11): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (12): INCRBY key0 1
incr 1 key0
       0.106  node 1  is asked (13): INCRBY key0 1
run 200
       0.110  node 1  commits up to 15
       0.110  node 1  answers (1): done, index 3
       0.110  node 1  answers (2): done, index 4
       0.110  node 1  answers (3): done, index 5
       0.110  node 1  answers (4): done, index 6
       0.110  node 1  answers (5): done, index 7
       0.110  node 1  answers (6): done, index 8
       0.110  node 1  answers (7): done, index 9
       0.110  node 1  answers (8): done, index 10
       0.110  node 1  answers (9): done, index 11
       0.110  node 1  answers (10): done, index 12
       0.110  node 1  answers (11): done, index 13
       0.110  node 1  answers (12): done, index 14
       0.110  node 1  answers (13): done, index 15
       0.110  world   request 1 done: 1
       0.110  world   request 2 done: 2
       0.110  world   request 3 done: 3
       0.110  world   request 4 done: 4
       0.110  world   request 5 done: 5
       0.110  world   request 6 done: 6
       0.110  world   request 7 done: 7
       0.110  world   request 8 done: 8
       0.110  world   request 9 done: 9
       0.110  world   request 10 done: 10
       0.110  world   request 11 done: 11
       0.110  world   request 12 done: 12
       0.110  world   request 13 done: 13
incr 1 key0
       0.306  node 1  is asked (14): INCRBY key0 1
run 200
       0.309  node 1  commits up to 16
       0.309  node 1  answers (14): done, index 16
       0.309  world   request 14 done: 14
       0.360  node 2  has saved a snapshot of index 16
incr 1 key0
       0.506  node 1  is asked (15): INCRBY key0 1
run 200
       0.509  node 1  commits up to 17
       0.509  node 1  answers (15): done, index 17
       0.509  world   request 15 done: 15
       0.512  node 1  has saved a snapshot of index 17
       0.560  node 3  has saved a snapshot of index 17
incr 1 key0
       0.706  node 1  is asked (16): INCRBY key0 1
run 200
       0.710  node 1  commits up to 18
       0.710  node 1  answers (16): done, index 18
       0.710  world   request 16 done: 16
incr 1 key0
       0.906  node 1  is asked (17): INCRBY key0 1
run 200
       0.910  node 1  commits up to 19
       0.910  node 1  answers (17): done, index 19
       0.910  world   request 17 done: 17
incr 1 key0
       1.106  node 1  is asked (18): INCRBY key0 1
run 200
       1.110  node 1  commits up to 20
       1.110  node 1  answers (18): done, index 20
       1.110  world   request 18 done: 18
