# R1. A voter promises nothing as long as no client reads by lease: the heartbeats ask for a promise
# of 0 ms. The first such read makes the leader ask, and some time after the last one it asks no
# more. So a cluster that uses no leases never waits for the end of a promise.

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
run 300
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
peers 1
       0.356  node 1  node 2: follows, has 2, next is 3, promises 0 of 1000 ms
       0.356  node 1  node 3: follows, has 2, next is 3, promises 0 of 1000 ms
lease 1
       0.356  node 1  its lease: 0 ms are left
get 2 key0 lease
       0.356  node 2  is asked (1): GET key0
run 200
       0.362  node 2  answers (1): done, index 2
       0.362  world   request 1 done: nothing
peers 1
       0.556  node 1  node 2: follows, has 2, next is 3, promises 1000 of 1000 ms
       0.556  node 1  node 3: follows, has 2, next is 3, promises 1000 of 1000 ms
lease 1
       0.556  node 1  its lease: 800 ms are left
run 11000
peers 1
      11.556  node 1  node 2: follows, has 2, next is 3, promises 0 of 1000 ms
      11.556  node 1  node 3: follows, has 2, next is 3, promises 0 of 1000 ms
lease 1
      11.556  node 1  its lease: 0 ms are left
