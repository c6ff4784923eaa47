# T6. The leader reaches nobody any more: it steps down by itself, so that its clients learn that
# there is no quorum, and does not wait for a higher term.

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
run 20
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 2
       0.076  node 2  is killed
kill 3
       0.076  node 3  is killed
set 1 key0 a
       0.076  node 1  is asked (1): SET key0 a (1 bytes)
run 2500
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 2
status
       2.576  node 1  follower in term 2, log up to 3 of term 2, on disk 3, committed 2
       2.576  node 2  is down
       2.576  node 3  is down
start 2
       2.576  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 3500
       2.952  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       2.954  node 1  is candidate in term 3, leader 0, log up to 3, committed 2
       2.956  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       2.958  node 1  is leader in term 3, leader 1, log up to 4, committed 2
       2.959  node 2  is follower in term 3, leader 1, log up to 2, committed 0
       2.963  node 1  commits up to 4
       2.963  node 1  answers (1): done, index 3
       2.963  world   request 1 done: OK
status
       6.076  node 1  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
       6.076  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       6.076  node 3  is down
get 2 key0
       6.076  node 2  is asked (2): GET key0
run 50
       6.081  node 2  answers (2): done, index 4
       6.081  world   request 2 done: a
