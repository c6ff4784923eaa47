# R2, T62. The three founders have founded the cluster themselves. Node 3 is down, and the
# directories of the other two are lost. They ask each other, and each says that its directory is
# empty; but a founding needs the word of all three, so there is no second cluster. When node 3 is
# back, it says that the cluster exists, and they go on waiting for the operator.

nodes 3 asks=1
       0.000  node 1  asks the other founders
       0.000  node 2  asks the other founders
       0.000  node 3  asks the other founders
       0.005  node 1  founds a cluster of 3 members
       0.005  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 3000
       0.509  node 2  founds a cluster of 3 members
       0.509  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.509  node 3  founds a cluster of 3 members
       0.509  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       1.575  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       1.577  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       1.579  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       1.579  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       1.581  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       1.582  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       1.582  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       1.584  node 1  commits up to 2
set 1 key0 acknowledged
       3.050  node 1  is asked (1): SET key0 acknowledged (12 bytes)
run 50
       3.053  node 1  commits up to 3
       3.053  node 1  answers (1): done, index 3
       3.053  world   request 1 done: OK
kill 3
       3.100  node 3  is killed
directory 1 lost
       3.100  node 1  is killed
       3.100  node 1  its directory is now emptied
       3.100  node 1  asks the other founders
directory 2 lost
       3.100  node 2  is killed
       3.100  node 2  its directory is now emptied
       3.100  node 2  asks the other founders
run 5000
start 3
       8.100  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 3000
       9.821  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
status
      11.100  node 1  is down
      11.100  node 2  is down
      11.100  node 3  pre-candidate in term 2, log up to 3 of term 2, on disk 3, committed 0
