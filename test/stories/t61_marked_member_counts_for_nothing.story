# T61: node 2 is marked as lost. With node 3 cut off, the leader has no quorum although node 2 runs
# and is reached; and node 2 votes for nobody, and nobody for node 2.

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
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
change 1 mark 2
run 100
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.159  node 1  commits up to 3
       0.159  node 1  ends the connection: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       0.159  node 1  answers the operator: done
       0.247  node 1  refuses node 2: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
members 1
       0.256  node 1  members of entry 3, committed: 1 votes,2 votes has lost its data,3 votes
cut 1 3
cut 2 3
set 1 key1 not_committed
       0.256  node 1  is asked (1): SET key1 not_committe... (13 bytes)
run 3000
       0.360  node 1  refuses node 2: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       1.256  node 1  is follower in term 2, leader 0, log up to 4, committed 3
       1.508  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       1.598  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
       3.052  node 1  is pre-candidate in term 2, leader 0, log up to 4, committed 3
status
       3.256  node 1  pre-candidate in term 2, log up to 4 of term 2, on disk 4, committed 3
       3.256  node 2  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.256  node 3  pre-candidate in term 2, log up to 3 of term 2, on disk 3, committed 2
campaign 1
campaign 2
run 3000
       3.259  node 1  refuses node 2: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       4.011  node 1  answers (1): outcome unknown, index 0
       4.011  world   request 1 may have been carried out, or may be later
status
       6.256  node 1  pre-candidate in term 2, log up to 4 of term 2, on disk 4, committed 3
       6.256  node 2  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 2
       6.256  node 3  pre-candidate in term 2, log up to 3 of term 2, on disk 3, committed 2
heal
run 3000
       6.288  node 1  refuses node 2: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       6.338  node 1  is candidate in term 3, leader 0, log up to 4, committed 3
       6.340  node 3  is follower in term 3, leader 0, log up to 3, committed 2
       6.342  node 1  is leader in term 3, leader 1, log up to 5, committed 3
       6.343  node 3  is follower in term 3, leader 1, log up to 3, committed 2
       6.346  node 3  ends the connection: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       6.348  node 1  commits up to 5
       6.500  node 3  refuses node 2: node 2 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
status
       9.256  node 1  leader in term 3, log up to 5 of term 3, on disk 5, committed 5
       9.256  node 2  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 2
       9.256  node 3  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
