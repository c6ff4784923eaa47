# R1. The voters have promised five seconds to their leader. They start again with an election
# time-out of one second. The promise is on their disks, and they wait until it has ended: until
# then they elect nobody, and the lease of the leader that is cut off stays true.

nodes 3 election-ms=5000
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
set 1 key0 old
       0.056  node 1  is asked (1): SET key0 old (3 bytes)
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
get 1 key0 lease
       0.256  node 1  is asked (2): GET key0
run 300
       0.259  node 1  answers (2): done, index 3
       0.259  world   request 2 done: old
options 2 election-ms=1000
options 3 election-ms=1000
isolate 1
kill 2
       0.556  node 2  is killed
kill 3
       0.556  node 3  is killed
start 2
       0.556  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 3
start 3
       0.556  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 3500
lease 1
       4.056  node 1  its lease: 900 ms are left
get 1 key0 lease
       4.056  node 1  is asked (3): GET key0
run 10
       4.056  node 1  answers (3): done, index 3
       4.056  world   request 3 done: old
status
       4.066  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       4.066  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 0
       4.066  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 0
run 4000
       5.556  node 1  is follower in term 2, leader 0, log up to 3, committed 3
       5.787  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       5.789  node 3  is candidate in term 3, leader 0, log up to 3, committed 0
       5.791  node 2  is follower in term 3, leader 0, log up to 3, committed 0
       5.793  node 3  is leader in term 3, leader 3, log up to 4, committed 0
       5.794  node 2  is follower in term 3, leader 3, log up to 4, committed 0
       5.796  node 3  commits up to 4
lease 1
       8.066  node 1  its lease: 0 ms are left
status
       8.066  node 1  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       8.066  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       8.066  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
set 2 key0 new
       8.066  node 2  is asked (4): SET key0 new (3 bytes)
run 50
       8.071  node 3  commits up to 5
       8.072  node 2  answers (4): done, index 5
       8.072  world   request 4 done: OK
get 1 key0 lease
       8.116  node 1  is asked (5): GET key0
run 5500
      11.352  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 3
      13.116  node 1  answers (5): no leader with a quorum, index 0
      13.116  world   request 5 had no effect and will have none
