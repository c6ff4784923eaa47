# T57. Two of three nodes are gone, and the third one waits for them, with a command that has not been
# appended anywhere. It stops as soon as it is asked to: it waits for no quorum, and the command is refused.

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
set 1 key0 a
       3.060  node 1  is asked (1): SET key0 a (1 bytes)
run 50
stop 1
       3.110  node 1  is asked to stop
run 100
status
       3.210  node 1  pre-candidate in term 1, log up to 1 of term 1, on disk 1, committed 0
       3.210  node 2  is down
       3.210  node 3  is down
