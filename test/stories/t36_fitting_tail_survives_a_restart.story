# T34, T36. A node saves a snapshot, loses its power and starts again, several times. What its log has
# after the snapshot stays, nothing before it is replayed twice, and there is no gap in between: the
# counter says how often each command was applied.

nodes 3 snapshot-every=3 snapshot-tail=2
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
run 50
       0.110  node 1  commits up to 4
       0.110  node 1  answers (1): done, index 3
       0.110  node 1  answers (2): done, index 4
       0.110  world   request 1 done: 1
       0.110  world   request 2 done: 2
       0.111  node 1  has saved a snapshot of index 4
power 2
       0.156  node 2  loses its power
start 2
       0.156  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 4
incr 1 key0
       0.156  node 1  is asked (3): INCRBY key0 1
incr 1 key0
       0.156  node 1  is asked (4): INCRBY key0 1
run 100
       0.159  node 1  commits up to 6
       0.159  node 1  answers (3): done, index 5
       0.159  node 1  answers (4): done, index 6
       0.159  world   request 3 done: 3
       0.159  world   request 4 done: 4
       0.161  node 3  has saved a snapshot of index 4
       0.167  node 2  is follower in term 2, leader 1, log up to 6, committed 6
       0.170  node 2  has saved a snapshot of index 6
power 2
       0.256  node 2  loses its power
start 2
       0.256  node 2  starts: term 2, vote 1, snapshot of 6, log 5 to 6
incr 1 key0
       0.256  node 1  is asked (5): INCRBY key0 1
run 100
       0.260  node 1  commits up to 7
       0.260  node 1  answers (5): done, index 7
       0.260  world   request 5 done: 5
       0.260  node 1  has saved a snapshot of index 7
       0.275  node 2  is follower in term 2, leader 1, log up to 7, committed 7
power 3
       0.356  node 3  loses its power
start 3
       0.356  node 3  starts: term 2, vote 1, snapshot of 4, log 3 to 7
run 200
       0.376  node 3  is follower in term 2, leader 1, log up to 7, committed 7
       0.380  node 3  has saved a snapshot of index 7
get 2 key0
       0.556  node 2  is asked (6): GET key0
get 3 key0
       0.556  node 3  is asked (7): GET key0
run 50
       0.560  node 2  answers (6): done, index 7
       0.560  world   request 6 done: 5
       0.560  node 3  answers (7): done, index 7
       0.560  world   request 7 done: 5
status
       0.606  node 1  leader in term 2, log up to 7 of term 2, on disk 7, committed 7
       0.606  node 2  follower in term 2, log up to 7 of term 2, on disk 7, committed 7
       0.606  node 3  follower in term 2, log up to 7 of term 2, on disk 7, committed 7
