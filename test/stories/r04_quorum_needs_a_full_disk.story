# R4. Node 3 is down, and node 2, which lacks entries that are committed, has a full disk. The quorum
# needs node 2, so it takes these entries into its reserve, and the new leader can commit the first
# entry of its term.

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
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
cut 1 -> 2
set 1 key0 a
       0.256  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b
       0.256  node 1  is asked (2): SET key1 b (1 bytes)
set 1 key2 c
       0.256  node 1  is asked (3): SET key2 c (1 bytes)
run 20
       0.260  node 1  commits up to 5
       0.260  node 1  answers (1): done, index 3
       0.260  node 1  answers (2): done, index 4
       0.260  node 1  answers (3): done, index 5
       0.260  world   request 1 done: OK
       0.260  world   request 2 done: OK
       0.260  world   request 3 done: OK
kill 3
       0.276  node 3  is killed
room 2 none
kill 1
       0.276  node 1  is killed
heal
start 1
       0.276  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 5
run 1400
       0.276  node 2  is told that room is low
       0.278  node 2  has saved a snapshot of index 2
       1.598  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
elect 1
       1.676  node 1  is pre-candidate in term 2, leader 0, log up to 5, committed 0
       1.678  node 1  is candidate in term 3, leader 0, log up to 5, committed 0
       1.681  node 2  is follower in term 3, leader 0, log up to 2, committed 2
       1.683  node 1  is leader in term 3, leader 1, log up to 6, committed 0
run 50
       1.684  node 2  is follower in term 3, leader 1, log up to 2, committed 2
peers 1
       1.733  node 1  node 2: follows, has 2, next is 3, promises 0 of 1000 ms, its disk is full
       1.733  node 1  node 3: probed, has 0, next is 7, promises 0 of 0 ms
run 3000
       2.686  node 1  commits up to 6
peers 1
       4.733  node 1  node 2: follows, has 6, next is 7, promises 0 of 1000 ms, its disk is full
       4.733  node 1  node 3: probed, has 0, next is 7, promises 0 of 0 ms
status
       4.733  node 1  leader in term 3, log up to 6 of term 3, on disk 6, committed 6
       4.733  node 2  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
       4.733  node 3  is down
get 1 key2
       4.733  node 1  is asked (4): GET key2
run 20
       4.735  node 1  answers (4): done, index 6
       4.735  world   request 4 done: c
