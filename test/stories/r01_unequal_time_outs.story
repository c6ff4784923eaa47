# R1. The leader waits for five seconds without contact, the others for one. The leader counts each
# promise at the length that its voter has given it, so its lease ends before another node can be
# elected. If the leader counted the promises at its own length, it would answer "old" here.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
options 1 election-ms=5000
kill 1
       0.050  node 1  is killed
start 1
       0.050  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 100
elect 1
       0.150  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.152  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.154  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.154  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 old
       0.156  node 1  is asked (1): SET key0 old (3 bytes)
run 200
       0.157  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.157  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.159  node 1  commits up to 2
       0.162  node 1  commits up to 3
       0.162  node 1  answers (1): done, index 3
       0.162  world   request 1 done: OK
get 1 key0 lease
       0.356  node 1  is asked (2): GET key0
run 300
       0.360  node 1  answers (2): done, index 3
       0.360  world   request 2 done: old
peers 1
       0.656  node 1  node 2: follows, has 3, next is 4, promises 1000 of 1000 ms
       0.656  node 1  node 3: follows, has 3, next is 4, promises 1000 of 1000 ms
lease 1
       0.656  node 1  its lease: 800 ms are left
isolate 1
run 1500
       1.673  node 2  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       1.675  node 2  is candidate in term 3, leader 0, log up to 3, committed 3
       1.677  node 3  is follower in term 3, leader 0, log up to 3, committed 3
       1.679  node 2  is leader in term 3, leader 2, log up to 4, committed 3
       1.680  node 3  is follower in term 3, leader 2, log up to 4, committed 3
       1.683  node 2  commits up to 4
lease 1
       2.156  node 1  its lease: 0 ms are left
status
       2.156  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.156  node 2  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
       2.156  node 3  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
set 2 key0 new
       2.156  node 2  is asked (3): SET key0 new (3 bytes)
run 50
       2.160  node 2  commits up to 5
       2.160  node 2  answers (3): done, index 5
       2.160  world   request 3 done: OK
get 1 key0 lease
       2.206  node 1  is asked (4): GET key0
run 6000
       5.656  node 1  is follower in term 2, leader 0, log up to 3, committed 3
       7.206  node 1  answers (4): no leader with a quorum, index 0
       7.206  world   request 4 had no effect and will have none
heal
run 1000
       8.280  node 1  is follower in term 3, leader 2, log up to 3, committed 3
get 1 key0 lease
       9.206  node 1  is asked (5): GET key0
run 100
       9.209  node 1  answers (5): done, index 5
       9.209  world   request 5 done: new
