# R1. Voter 3 waits for a minute without contact, the others for a second. It promises the leader only
# the second that the leader can use. So when the leader ends, node 2 is elected at once after that
# second, also if voter 3 was restarted in between; it does not wait for the minute of voter 3.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
options 3 election-ms=60000
kill 3
       0.050  node 3  is killed
start 3
       0.050  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 100
elect 1
       0.150  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.152  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.154  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.154  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.157  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.157  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.160  node 1  commits up to 2
get 1 key0 lease
       0.356  node 1  is asked (1): GET key0
run 300
       0.360  node 1  answers (1): done, index 2
       0.360  world   request 1 done: nothing
peers 1
       0.656  node 1  node 2: follows, has 2, next is 3, promises 1000 of 1000 ms
       0.656  node 1  node 3: follows, has 2, next is 3, promises 1000 of 60000 ms
lease 1
       0.656  node 1  its lease: 800 ms are left
kill 3
       0.656  node 3  is killed
start 3
       0.656  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
kill 1
       0.656  node 1  is killed
run 3000
       2.258  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
       2.260  node 2  is candidate in term 3, leader 0, log up to 2, committed 2
       2.262  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       2.264  node 2  is leader in term 3, leader 2, log up to 3, committed 2
       2.265  node 3  is follower in term 3, leader 2, log up to 3, committed 2
       2.268  node 2  commits up to 3
status
       3.656  node 1  is down
       3.656  node 2  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
       3.656  node 3  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
