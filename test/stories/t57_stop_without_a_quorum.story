# T57. Two of three nodes are gone, and the third one waits for them. It stops as soon as it is asked
# to: a stop waits for no quorum.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 10
kill 2
       0.060  node 2  is killed
kill 3
       0.060  node 3  is killed
run 3000
       1.558  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
stop 1
       3.060  node 1  is asked to stop
run 100
       3.060  node 1  stops
       3.060  node 1  is follower in term 1, leader 0, log up to 1, committed 0
status
       3.160  node 1  is down
       3.160  node 2  is down
       3.160  node 3  is down
