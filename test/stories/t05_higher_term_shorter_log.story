# T5. Node 3 has the higher term and the shorter log, node 1 has the lower term and the longer log,
# and only these two are left. Pre-votes are decided by the logs, and a refusal spreads the term: so
# node 1 is elected, and none of the two blocks the other.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 3
       0.106  node 3  is killed
set 1 key0 a
       0.106  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b
       0.106  node 1  is asked (2): SET key1 b (1 bytes)
run 100
       0.109  node 1  commits up to 4
       0.109  node 1  answers (1): done, index 3
       0.109  node 1  answers (2): done, index 4
       0.109  world   request 1 done: OK
       0.109  world   request 2 done: OK
kill 1
       0.206  node 1  is killed
start 3
       0.206  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1200
elect 2
       1.406  node 2  is pre-candidate in term 2, leader 0, log up to 4, committed 4
       1.408  node 2  is candidate in term 3, leader 0, log up to 4, committed 4
       1.411  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       1.413  node 2  is leader in term 3, leader 2, log up to 5, committed 4
cut 2 -> 3
run 10
status
       1.423  node 1  is down
       1.423  node 2  leader in term 3, log up to 5 of term 3, on disk 5, committed 4
       1.423  node 3  follower in term 3, log up to 2 of term 2, on disk 2, committed 0
kill 2
       1.423  node 2  is killed
heal
start 1
       1.423  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 4
run 5000
       2.961  node 1  is pre-candidate in term 2, leader 0, log up to 4, committed 0
       2.963  node 1  is follower in term 3, leader 0, log up to 4, committed 0
       3.320  node 3  is pre-candidate in term 3, leader 0, log up to 2, committed 0
       4.668  node 1  is pre-candidate in term 3, leader 0, log up to 4, committed 0
       4.670  node 1  is candidate in term 4, leader 0, log up to 4, committed 0
       4.672  node 3  is follower in term 4, leader 0, log up to 2, committed 0
       4.674  node 1  is leader in term 4, leader 1, log up to 5, committed 0
       4.676  node 3  is follower in term 4, leader 1, log up to 2, committed 0
       4.680  node 1  commits up to 5
status
       6.423  node 1  leader in term 4, log up to 5 of term 4, on disk 5, committed 5
       6.423  node 2  is down
       6.423  node 3  follower in term 4, log up to 5 of term 4, on disk 5, committed 5
