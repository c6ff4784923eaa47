# R3, T61. The directory of node 3 is copied while it runs. Node 3 leads for a while, and then the copy
# takes the place of its directory: the count of starts is the right one, but the log ends before what
# the others have heard of node 3. They refuse it, and the leader writes into the log that node 3 has
# lost its data: so it counts for nothing, also for those who did not remember, and after restarts,
# until the operator replaces it.

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
copy 3
       0.106  node 3  its directory is copied
handover 1 3
run 100
       0.106  node 1  is leader in term 2, leader 1, log up to 2, committed 2
       0.106  node 1  answers the operator: leadership is being handed over
       0.107  node 3  is candidate in term 3, leader 0, log up to 2, committed 0
       0.109  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       0.109  node 1  is follower in term 3, leader 0, log up to 2, committed 2
       0.112  node 3  is leader in term 3, leader 3, log up to 3, committed 0
       0.113  node 2  is follower in term 3, leader 3, log up to 3, committed 0
       0.113  node 1  is follower in term 3, leader 3, log up to 3, committed 2
       0.115  node 3  commits up to 3
set 3 key0 acknowledged
       0.206  node 3  is asked (1): SET key0 acknowledged (12 bytes)
run 50
       0.209  node 3  commits up to 4
       0.209  node 3  answers (1): done, index 4
       0.209  world   request 1 done: OK
handover 3 1
run 200
       0.256  node 3  is leader in term 3, leader 3, log up to 4, committed 4
       0.256  node 3  answers the operator: leadership is being handed over
       0.257  node 1  is candidate in term 4, leader 0, log up to 4, committed 4
       0.259  node 3  is follower in term 4, leader 0, log up to 4, committed 4
       0.259  node 2  is follower in term 4, leader 0, log up to 4, committed 4
       0.261  node 1  is leader in term 4, leader 1, log up to 5, committed 4
       0.263  node 2  is follower in term 4, leader 1, log up to 5, committed 4
       0.263  node 3  is follower in term 4, leader 1, log up to 5, committed 4
       0.265  node 1  commits up to 5
directory 3 set-back for-good
       0.456  node 3  is killed
       0.456  node 3  its directory is now set back
       0.456  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1000
       0.464  node 1  refuses node 3: node 3 has lost data: its data directory is a copy or was set back to an older state, and lacks what it acknowledged; let it come back under a new id (raftctl member replace)
       0.468  node 2  refuses node 3: node 3 has lost data: its data directory is a copy or was set back to an older state, and lacks what it acknowledged; let it come back under a new id (raftctl member replace)
       0.594  node 2  has proof that node 3 has lost data
       0.595  node 1  is leader in term 4, leader 1, log up to 6, committed 5
       0.596  node 2  is follower in term 4, leader 1, log up to 6, committed 5
       0.598  node 1  commits up to 6
       0.695  node 1  refuses node 3: node 3 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       0.700  node 2  refuses node 3: node 3 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
members 2
       1.456  node 2  members of entry 6, committed: 1 votes,2 votes,3 votes has lost its data
status
       1.456  node 1  leader in term 4, log up to 6 of term 4, on disk 6, committed 6
       1.456  node 2  follower in term 4, log up to 6 of term 4, on disk 6, committed 6
       1.456  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 0
kill 1
       1.456  node 1  is killed
start 1
       1.456  node 1  starts: term 4, vote 1, snapshot of 0, log 1 to 6
run 3000
       1.466  node 1  refuses node 3: node 3 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       1.534  node 2  refuses node 3: node 3 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       2.506  node 1  is pre-candidate in term 4, leader 0, log up to 6, committed 0
       2.508  node 1  is candidate in term 5, leader 0, log up to 6, committed 0
       2.510  node 2  is follower in term 5, leader 0, log up to 6, committed 6
       2.512  node 1  is leader in term 5, leader 1, log up to 7, committed 0
       2.513  node 2  is follower in term 5, leader 1, log up to 7, committed 6
       2.515  node 1  commits up to 7
status
       4.456  node 1  leader in term 5, log up to 7 of term 5, on disk 7, committed 7
       4.456  node 2  follower in term 5, log up to 7 of term 5, on disk 7, committed 7
       4.456  node 3  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 0
change 2 replace 3 4
join 4
       4.456  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 2000
       4.457  node 1  is leader in term 5, leader 1, log up to 8, committed 7
       4.458  node 3  may not join: a member has this id, but the node that asks has another data directory or an empty one: a node that lost its data has to come back under a new id (raftctl member replace)
       4.458  node 2  is follower in term 5, leader 1, log up to 8, committed 7
       4.461  node 1  commits up to 8
       4.462  node 2  answers the operator: done
       4.462  node 1  is leader in term 5, leader 1, log up to 9, committed 8
       4.464  node 2  is follower in term 5, leader 1, log up to 9, committed 8
       4.464  node 4  is learner in term 5, leader 1, log up to 9, committed 8
       4.466  node 1  commits up to 9
       4.480  node 2  refuses node 3: node 3 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       4.502  node 1  refuses node 3: node 3 has lost data that it had acknowledged, and is marked so in this cluster; let it come back under a new id (raftctl member replace)
       4.714  node 1  is leader in term 5, leader 1, log up to 10, committed 9
       4.715  node 4  is follower in term 5, leader 1, log up to 10, committed 9
       4.715  node 2  is follower in term 5, leader 1, log up to 10, committed 9
       4.717  node 1  is leader in term 5, leader 1, log up to 11, committed 10
       4.717  node 1  commits up to 10
       4.718  node 4  is follower in term 5, leader 1, log up to 11, committed 10
       4.718  node 2  is follower in term 5, leader 1, log up to 11, committed 10
       4.720  node 1  commits up to 11
       4.720  node 1  has no link to node 3 any more
       4.813  node 4  has no link to node 3 any more
       4.813  node 2  has no link to node 3 any more
members 2
       6.456  node 2  members of entry 11, committed: 1 votes,2 votes,4 votes
