# T46. The leader's disk hangs, but its process answers: heartbeats alone would keep it in office for
# ever. It hands leadership over, and the command that it could not write gets its outcome.

nodes 3 stall-ms=500
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
stall 1 8000
set 1 key0 a
       0.076  node 1  is asked (1): SET key0 a (1 bytes)
set 2 key1 b
       0.076  node 2  is asked (2): SET key1 b (1 bytes)
run 2500
       0.080  node 1  commits up to 3
       0.080  node 1  answers (1): done, index 3
       0.080  world   request 1 done: OK
       0.081  node 1  commits up to 4
       0.082  node 2  answers (2): done, index 4
       0.082  world   request 2 done: OK
       0.656  node 1  is leader in term 2, leader 1, log up to 4, committed 4
       0.657  node 2  is candidate in term 3, leader 0, log up to 4, committed 4
       0.659  node 1  is follower in term 3, leader 0, log up to 4, committed 4
       0.659  node 3  is follower in term 3, leader 0, log up to 4, committed 4
       0.661  node 2  is leader in term 3, leader 2, log up to 5, committed 4
       0.662  node 1  is follower in term 3, leader 2, log up to 5, committed 4
       0.662  node 3  is follower in term 3, leader 2, log up to 5, committed 4
       0.665  node 2  commits up to 5
status
       2.576  node 1  follower in term 3, log up to 5 of term 3, on disk 2, committed 5
       2.576  node 2  leader in term 3, log up to 5 of term 3, on disk 5, committed 5
       2.576  node 3  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
get 2 key1
       2.576  node 2  is asked (3): GET key1
run 6500
       2.578  node 2  answers (3): done, index 5
       2.578  world   request 3 done: b
status
       9.076  node 1  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
       9.076  node 2  leader in term 3, log up to 5 of term 3, on disk 5, committed 5
       9.076  node 3  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
get 1 key0
       9.076  node 1  is asked (4): GET key0
run 20
       9.081  node 1  answers (4): done, index 5
       9.081  world   request 4 done: a
