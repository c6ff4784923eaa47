# T61. By mistake node 3 is started on a copy of the directory of node 2. The directory says whose
# it is, so node 3 refuses to start, and nobody hears two nodes with one identity.

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
directory 3 of 2
       0.106  node 3  is killed
       0.106  node 3  its directory is now that of another node
       0.106  node 3  cannot start: /data belongs to node 2, but this node is configured as node 3: check [node] id and [node] data_dir
run 2000
       1.106  node 3  cannot start: /data belongs to node 2, but this node is configured as node 3: check [node] id and [node] data_dir
set 1 key0 a
       2.106  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       2.110  node 1  commits up to 3
       2.110  node 1  answers (1): done, index 3
       2.110  world   request 1 done: OK
directory 3 own
       2.156  node 3  its own directory is brought back
run 1000
       2.156  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
       2.195  node 3  is follower in term 2, leader 1, log up to 3, committed 3
get 3 key0
       3.156  node 3  is asked (2): GET key0
run 50
       3.161  node 3  answers (2): done, index 3
       3.161  world   request 2 done: a
