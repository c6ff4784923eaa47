# T37. Node 1 was leader and has entries that nobody else got. Meanwhile the others have gone on, and
# their logs no longer reach back. Node 1 installs a snapshot in the middle of its own entries: those
# after it contradict the snapshot and go, and the log goes on after the snapshot.

nodes 3 snapshot-every=4 snapshot-tail=0
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
isolate 1
set 1 key0 lost
       0.156  node 1  is asked (1): SET key0 lost (4 bytes)
set 1 key1 lost
       0.156  node 1  is asked (2): SET key1 lost (4 bytes)
set 1 key2 lost
       0.156  node 1  is asked (3): SET key2 lost (4 bytes)
set 1 key3 lost
       0.156  node 1  is asked (4): SET key3 lost (4 bytes)
set 1 key4 lost
       0.156  node 1  is asked (5): SET key4 lost (4 bytes)
set 1 key5 lost
       0.156  node 1  is asked (6): SET key5 lost (4 bytes)
run 2600
       1.156  node 1  is follower in term 2, leader 0, log up to 8, committed 2
       1.595  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.597  node 3  is candidate in term 3, leader 0, log up to 2, committed 0
       1.599  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       1.601  node 3  is leader in term 3, leader 3, log up to 3, committed 0
       1.602  node 2  is follower in term 3, leader 3, log up to 3, committed 0
       1.604  node 3  commits up to 3
set 2 key0 a
       2.756  node 2  is asked (7): SET key0 a (1 bytes)
set 2 key1 b
       2.756  node 2  is asked (8): SET key1 b (1 bytes)
set 2 key2 c
       2.756  node 2  is asked (9): SET key2 c (1 bytes)
run 200
       2.761  node 3  commits up to 6
       2.761  node 3  has saved a snapshot of index 6
       2.762  node 2  answers (7): done, index 4
       2.762  node 2  answers (8): done, index 5
       2.762  node 2  answers (9): done, index 6
       2.762  world   request 7 done: OK
       2.762  world   request 8 done: OK
       2.762  world   request 9 done: OK
       2.766  node 2  has saved a snapshot of index 6
       2.952  node 1  is pre-candidate in term 2, leader 0, log up to 8, committed 2
status
       2.956  node 1  pre-candidate in term 2, log up to 8 of term 2, on disk 8, committed 2
       2.956  node 2  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
       2.956  node 3  leader in term 3, log up to 6 of term 3, on disk 6, committed 6
heal
run 1000
       3.002  node 1  is follower in term 3, leader 3, log up to 8, committed 2
       3.004  node 3  node 1 needs a snapshot
       3.020  node 1  has received the snapshot of index 6 from node 3
       3.020  node 1  is follower in term 3, leader 3, log up to 6, committed 6
       3.020  node 1  installs the snapshot of index 6
       3.020  node 1  answers (1): outcome unknown, index 0
       3.020  node 1  answers (2): outcome unknown, index 0
       3.020  node 1  answers (3): outcome unknown, index 0
       3.020  node 1  answers (4): outcome unknown, index 0
       3.020  node 1  answers (5): outcome unknown, index 0
       3.020  node 1  answers (6): outcome unknown, index 0
       3.020  world   request 1 may have been carried out, or may be later
       3.020  world   request 2 may have been carried out, or may be later
       3.020  world   request 3 may have been carried out, or may be later
       3.020  world   request 4 may have been carried out, or may be later
       3.020  world   request 5 may have been carried out, or may be later
       3.020  world   request 6 may have been carried out, or may be later
status
       3.956  node 1  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
       3.956  node 2  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
       3.956  node 3  leader in term 3, log up to 6 of term 3, on disk 6, committed 6
get 1 key0
       3.956  node 1  is asked (10): GET key0
get 1 key7
       3.956  node 1  is asked (11): GET key7
run 50
       3.960  node 1  answers (10): done, index 6
       3.960  node 1  answers (11): done, index 6
       3.960  world   request 10 done: a
       3.960  world   request 11 done: nothing
