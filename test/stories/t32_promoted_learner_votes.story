# T32. A learner becomes a voter by an entry of the log, without a restart: from then on it campaigns,
# and votes for others. Here each of the two other voters needs its vote.

nodes 2
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
join 3
       0.106  node 3  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 learn 3
run 600
       0.106  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.107  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.110  node 1  commits up to 3
       0.110  node 1  answers the operator: done
       0.119  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.121  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.121  node 3  is learner in term 2, leader 1, log up to 4, committed 3
       0.123  node 1  commits up to 4
change 1 promote 3
run 600
       0.706  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.707  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.707  node 3  is follower in term 2, leader 1, log up to 5, committed 4
       0.709  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.709  node 1  commits up to 5
       0.710  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.710  node 3  is follower in term 2, leader 1, log up to 6, committed 5
       0.713  node 1  commits up to 6
       0.713  node 1  answers the operator: done
kill 2
       1.306  node 2  is killed
run 100
handover 1 3
run 100
       1.406  node 1  is leader in term 2, leader 1, log up to 6, committed 6
       1.406  node 1  answers the operator: leadership is being handed over
       1.407  node 3  is candidate in term 3, leader 0, log up to 6, committed 6
       1.410  node 1  is follower in term 3, leader 0, log up to 6, committed 6
       1.412  node 3  is leader in term 3, leader 3, log up to 7, committed 6
       1.413  node 1  is follower in term 3, leader 3, log up to 7, committed 6
       1.415  node 3  commits up to 7
handover 3 1
run 100
       1.506  node 3  is leader in term 3, leader 3, log up to 7, committed 7
       1.506  node 3  answers the operator: leadership is being handed over
       1.507  node 1  is candidate in term 4, leader 0, log up to 7, committed 6
       1.510  node 3  is follower in term 4, leader 0, log up to 7, committed 7
       1.512  node 1  is leader in term 4, leader 1, log up to 8, committed 6
       1.513  node 3  is follower in term 4, leader 1, log up to 8, committed 7
       1.515  node 1  commits up to 8
members 3
       1.606  node 3  members of entry 6, committed: 1 votes,2 votes,3 votes
