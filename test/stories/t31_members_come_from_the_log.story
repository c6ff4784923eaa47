# T31. A cluster of three has become one of nodes 2, 3 and 4. All nodes start again: they know the
# members from their logs, and not from the founding, and node 1 stays outside.

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
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 1 replace 1 4
run 3000
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.159  node 1  commits up to 3
       0.159  node 1  answers the operator: done
       0.164  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.165  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.165  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.165  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.167  node 1  commits up to 4
       0.458  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.459  node 4  is follower in term 2, leader 1, log up to 5, committed 4
       0.459  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.459  node 3  is follower in term 2, leader 1, log up to 5, committed 4
       0.461  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.461  node 1  commits up to 5
       0.462  node 4  is follower in term 2, leader 1, log up to 6, committed 5
       0.462  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.462  node 3  is follower in term 2, leader 1, log up to 6, committed 5
       0.464  node 1  is leader in term 2, leader 1, log up to 6, committed 6
       0.464  node 1  commits up to 6
       0.466  node 3  is candidate in term 3, leader 0, log up to 6, committed 5
       0.468  node 2  is follower in term 3, leader 0, log up to 6, committed 5
       0.468  node 4  is follower in term 3, leader 0, log up to 6, committed 5
       0.470  node 3  is leader in term 3, leader 3, log up to 7, committed 5
       0.471  node 4  is follower in term 3, leader 3, log up to 7, committed 5
       0.471  node 2  is follower in term 3, leader 3, log up to 7, committed 5
       0.473  node 3  commits up to 7
       0.473  node 3  has no link to node 1 any more
       0.558  node 1  is learner in term 3, leader 0, log up to 6, committed 6
       0.558  node 1  has been removed
       0.558  node 1  is killed
       0.571  node 4  has no link to node 1 any more
       0.571  node 2  has no link to node 1 any more
kill 2
       3.156  node 2  is killed
kill 3
       3.156  node 3  is killed
kill 4
       3.156  node 4  is killed
start 2
       3.156  node 2  starts: term 3, vote 3, snapshot of 0, log 1 to 7
start 3
       3.156  node 3  starts: term 3, vote 3, snapshot of 0, log 1 to 7
start 4
       3.156  node 4  starts: term 3, vote 3, snapshot of 0, log 1 to 7
members 2
       3.156  node 2  members of entry 6, not committed: 2 votes,3 votes,4 votes
run 3000
       4.341  node 2  is pre-candidate in term 3, leader 0, log up to 7, committed 0
       4.343  node 2  is candidate in term 4, leader 0, log up to 7, committed 0
       4.345  node 3  is follower in term 4, leader 0, log up to 7, committed 0
       4.345  node 4  is follower in term 4, leader 0, log up to 7, committed 0
       4.347  node 2  is leader in term 4, leader 2, log up to 8, committed 0
       4.348  node 3  is follower in term 4, leader 2, log up to 8, committed 0
       4.348  node 4  is follower in term 4, leader 2, log up to 8, committed 0
       4.350  node 2  commits up to 8
members 4
       6.156  node 4  members of entry 6, committed: 2 votes,3 votes,4 votes
status
       6.156  node 1  is down
       6.156  node 2  leader in term 4, log up to 8 of term 4, on disk 8, committed 8
       6.156  node 3  follower in term 4, log up to 8 of term 4, on disk 8, committed 8
       6.156  node 4  follower in term 4, log up to 8 of term 4, on disk 8, committed 8
