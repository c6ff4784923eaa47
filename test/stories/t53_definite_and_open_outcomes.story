# T53. The leader is cut off with commands of its own and of a follower. Those that were in
# somebody's log may have been carried out; the one that never left its node certainly was not.

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
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
isolate 1
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
run 20
isolate 2
set 2 key1 b
       0.176  node 2  is asked (2): SET key1 b (1 bytes)
run 6000
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 2
       1.595  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       2.011  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       2.952  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       5.156  node 1  answers (1): outcome unknown, index 0
       5.156  world   request 1 may have been carried out, or may be later
       5.176  node 2  answers (2): outcome unknown, index 0
       5.176  world   request 2 may have been carried out, or may be later
set 1 key2 c
       6.176  node 1  is asked (3): SET key2 c (1 bytes)
run 6000
      11.176  node 1  answers (3): no leader with a quorum, index 0
      11.176  world   request 3 had no effect and will have none
heal
run 3000
      12.407  node 1  is candidate in term 3, leader 0, log up to 3, committed 2
      12.409  node 2  is follower in term 3, leader 0, log up to 2, committed 0
      12.409  node 3  is follower in term 3, leader 0, log up to 2, committed 0
      12.411  node 1  is leader in term 3, leader 1, log up to 4, committed 2
      12.412  node 2  is follower in term 3, leader 1, log up to 2, committed 0
      12.413  node 3  is follower in term 3, leader 1, log up to 2, committed 0
      12.417  node 1  commits up to 4
get 3 key0
      15.176  node 3  is asked (4): GET key0
get 3 key1
      15.176  node 3  is asked (5): GET key1
get 3 key2
      15.176  node 3  is asked (6): GET key2
run 50
      15.181  node 3  answers (4): done, index 4
      15.181  node 3  answers (5): done, index 4
      15.181  node 3  answers (6): done, index 4
      15.181  world   request 4 done: a
      15.181  world   request 5 done: nothing
      15.181  world   request 6 done: nothing
