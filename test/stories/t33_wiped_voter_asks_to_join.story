# T33. Node 3 has voted and acknowledged. Its directory is lost, and it comes back with --join under
# its old id. It is not let in, because it could vote a second time in the same term. The
# administrator replaces it under a new id.

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
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
directory 3 lost join
       0.106  node 3  is killed
       0.106  node 3  its directory is now emptied
       0.106  node 3  asks to join
run 3000
       0.611  node 3  may not join: a member has this id, but the node that asks has another data directory or an empty one: a node that lost its data has to come back under a new id (raftctl member replace)
change 1 replace 3 4
join 4
       3.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 2000
       3.106  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       3.107  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       3.110  node 1  commits up to 4
       3.110  node 1  answers the operator: done
       3.121  node 3  may not join: a member has this id, but the node that asks has another data directory or an empty one: a node that lost its data has to come back under a new id (raftctl member replace)
       3.123  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       3.124  node 4  is learner in term 2, leader 1, log up to 5, committed 4
       3.124  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       3.126  node 1  commits up to 5
       3.358  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       3.359  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       3.359  node 4  is follower in term 2, leader 1, log up to 6, committed 5
       3.361  node 1  is leader in term 2, leader 1, log up to 7, committed 6
       3.361  node 1  commits up to 6
       3.362  node 2  is follower in term 2, leader 1, log up to 7, committed 6
       3.362  node 4  is follower in term 2, leader 1, log up to 7, committed 6
       3.364  node 1  commits up to 7
       3.364  node 1  has no link to node 3 any more
       3.457  node 4  has no link to node 3 any more
       3.457  node 2  has no link to node 3 any more
       3.623  node 3  may not join: its id was removed
members 1
       5.106  node 1  members of entry 7, committed: 1 votes,2 votes,4 votes
